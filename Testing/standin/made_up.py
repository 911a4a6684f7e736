"""A small module that nobody needs, as source and as a file of Qt Designer: the stand-in is tested by it."""

MODULE = """
import ctk
import qt
import slicer
import vtk
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.parameterNodeWrapper import parameterNodeWrapper
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin


class MadeUp(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = _("Made up")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Examples")]


@parameterNodeWrapper
class MadeUpParameterNode:
    volume: vtkMRMLScalarVolumeNode | None
    model: str = "pix2pix"
    seed: int = 7
    opacity: float = 0.5
    closed: bool = True


class MadeUpWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.said = []

    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        uiWidget = slicer.util.loadUI(self.resourcePath("UI/MadeUp.ui"))
        self.layout.addWidget(uiWidget)
        self.ui = slicer.util.childWidgetVariables(uiWidget)
        uiWidget.setMRMLScene(slicer.mrmlScene)
        self.logic = MadeUpLogic()
        self.ui.applyButton.clicked.connect(self.onApply)
        self.ui.sizeSlider.valueChanged.connect(self.onSize)
        self.ui.volumeSelector.currentNodeChanged.connect(self.onVolume)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.onSceneEndClose)
        self.said.append("setup")

    def enter(self):
        self.said.append("enter")

    def exit(self):
        self.said.append("exit")

    def cleanup(self):
        self.removeObservers()
        self.said.append("cleanup")

    def onSceneEndClose(self, caller, event):
        self.said.append("entered" if self.parent.isEntered else "elsewhere")

    def onSize(self, value):
        self.ui.label.text = _("{size} mm").format(size=value)

    def onVolume(self, node):
        self.logic.getParameterNode().volume = node
        self.ui.applyButton.enabled = node is not None

    def onApply(self):
        if slicer.util.confirmOkCancelDisplay(_("Really?"), windowTitle="Made up"):
            slicer.util.infoDisplay(_("Done"))
        else:
            slicer.util.errorDisplay(_("Refused"))


class MadeUpLogic(ScriptedLoadableModuleLogic):
    def getParameterNode(self):
        return MadeUpParameterNode(super().getParameterNode())
"""

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0">
 <class>MadeUp</class>
 <widget class="qMRMLWidget" name="MadeUp">
  <layout class="QVBoxLayout" name="verticalLayout">
   <item>
    <widget class="ctkCollapsibleButton" name="inputs">
     <property name="text"><string>Inputs</string></property>
     <layout class="QFormLayout" name="formLayout">
      <item row="0" column="0">
       <widget class="QLabel" name="label"><property name="text"><string>Size</string></property></widget>
      </item>
      <item row="0" column="1">
       <widget class="ctkSliderWidget" name="sizeSlider">
        <property name="minimum"><double>4.0</double></property>
        <property name="maximum"><double>30.0</double></property>
        <property name="singleStep"><double>0.5</double></property>
        <property name="decimals"><number>1</number></property>
        <property name="suffix"><string> mm</string></property>
        <property name="value"><double>12.0</double></property>
       </widget>
      </item>
      <item row="1" column="0" colspan="2">
       <widget class="qMRMLNodeComboBox" name="volumeSelector">
        <property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
        <property name="showChildNodeTypes"><bool>false</bool></property>
        <property name="noneEnabled"><bool>true</bool></property>
        <property name="addEnabled"><bool>false</bool></property>
        <property name="SlicerParameterName" stdset="0"><string>volume</string></property>
       </widget>
      </item>
     </layout>
    </widget>
   </item>
   <item>
    <widget class="ctkCollapsibleButton" name="advanced">
     <property name="text"><string>Advanced</string></property>
     <property name="collapsed"><bool>true</bool></property>
     <layout class="QVBoxLayout" name="advancedLayout">
      <item>
       <widget class="QCheckBox" name="closedBox"><property name="text"><string>Closed</string></property></widget>
      </item>
      <item>
       <widget class="QComboBox" name="modelBox">
        <item><property name="text"><string>pix2pix</string></property></item>
        <item><property name="text"><string>mcgan</string></property></item>
       </widget>
      </item>
     </layout>
    </widget>
   </item>
   <item>
    <widget class="QPushButton" name="applyButton">
     <property name="enabled"><bool>false</bool></property>
     <property name="text"><string>Apply</string></property>
    </widget>
   </item>
   <item>
    <spacer name="spacer"><property name="orientation"><enum>Qt::Vertical</enum></property></spacer>
   </item>
  </layout>
 </widget>
 <connections>
  <connection>
   <sender>MadeUp</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
   <receiver>volumeSelector</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot>
  </connection>
  <connection>
   <sender>closedBox</sender><signal>toggled(bool)</signal>
   <receiver>modelBox</receiver><slot>setEnabled(bool)</slot>
  </connection>
 </connections>
</ui>
"""
